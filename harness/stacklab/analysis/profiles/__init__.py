"""Profiles: samples and what the kernel knows become processor time per request, by function and by layer."""
