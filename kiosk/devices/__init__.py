"""One small protocol a device, real drivers, and simulated ones that ship."""
