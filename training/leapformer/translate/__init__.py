"""Simultaneous translation: data, rules, decoding, measurements and export."""
