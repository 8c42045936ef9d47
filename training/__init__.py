"""Learn and prove: labels, past dates, metrics, backtest. Nothing that serves imports this."""
