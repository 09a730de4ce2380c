"""What was asked and answered, kept for the pipeline: is the service asked what it was trained on?"""
