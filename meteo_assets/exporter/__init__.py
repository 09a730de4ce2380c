"""What Prometheus reads of the pipeline: a process of its own, there when service and daemon are not."""
