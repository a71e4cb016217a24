"""What all renderings share: numbers, templates, SVG and colours."""
