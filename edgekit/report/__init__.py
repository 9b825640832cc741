"""Tables, plots and the HTML page: it renders a summary and decides nothing."""
