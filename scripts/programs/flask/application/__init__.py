from flask import Flask


def create():
    from . import pages

    app = Flask(__name__)
    app.register_blueprint(pages.blueprint)
    return app
