"""What happens at a device: devices, vision and storage driven by decisions of the domain, told as view-models."""
