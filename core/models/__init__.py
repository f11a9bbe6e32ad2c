"""Chat models, encoders and OCR: how they are chosen and loaded."""
