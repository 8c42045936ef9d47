"""The front door: the command line, the settings, the simulator, the demo."""
