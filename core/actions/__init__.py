"""What people can do beside asking: platform-free, each answers with the parts of a reply."""
