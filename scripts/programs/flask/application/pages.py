from flask import Blueprint, render_template_string

blueprint = Blueprint("pages", __name__)


@blueprint.route("/hello/<name>")
def hello(name):
    return render_template_string("Hello {{ name }}", name=name)
