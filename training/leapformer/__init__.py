"""Trains LeaPformer language models and exports them as model folders for the playground.

The model is described in "LeaPformer: Enabling Linear Transformers for Autoregressive and
Simultaneous Tasks via Learned Proportions" (arXiv 2405.13046); `config.ModelConfig` lists its
options.
"""
