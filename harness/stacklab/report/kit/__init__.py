"""Tools that all renderings share: numbers, templates, SVG and colours."""
