from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.table import Table

console = Console(width=60)
table = Table("name", "value")
table.add_row("one", "1")
console.print(table, Markdown("# Title"), Syntax("print(1)", "python"), {"a": [1, 2]})
