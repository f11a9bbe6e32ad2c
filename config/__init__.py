"""Settings, prompts and the manifests of the platforms."""
