"""What each pipeline does, without any orchestrator."""
