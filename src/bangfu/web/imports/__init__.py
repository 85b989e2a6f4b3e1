"""Import batches: their list, giving a file, the preview, confirming, undoing."""
