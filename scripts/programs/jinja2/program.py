from jinja2 import DictLoader, Environment

pages = {
    "base": "<{% block b %}{% endblock %}>",
    "page": "{% extends 'base' %}{% block b %}{{ name | upper }}{% endblock %}",
}
print(Environment(loader=DictLoader(pages)).get_template("page").render(name="you"))
