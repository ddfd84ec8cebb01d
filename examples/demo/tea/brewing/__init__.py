"""<tea.brewing>: importing tea.brewing.timer runs the package above it first."""
