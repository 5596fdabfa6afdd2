"""The arena: compares ways of attention on small tasks with one right answer.

`python -m leapformer arena configs/arena.toml --out DIR` trains every arm (arms.py, field.py) on
every task (tasks.py, listops.py, pathfinder.py), several seeds each, and writes tables.
"""
