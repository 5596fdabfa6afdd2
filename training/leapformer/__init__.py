"""LeaPformer language models: from raw text to a published model folder.

The model is that of "LeaPformer: Enabling Linear Transformers for Autoregressive and Simultaneous
Tasks via Learned Proportions" (arXiv 2405.13046), with the options of `config.ModelConfig`.
"""
