"""A Flask application that works for each answer."""

import hashlib
import json

from flask import Flask, jsonify

app = Flask(__name__)
ITEMS = [{"id": number, "name": f"item {number}", "price": number * 3 % 97} for number in range(200)]


def discounted(item):
    return item["price"] * 9 // 10 if item["id"] % 3 else item["price"]


def total(items):
    return sum(discounted(item) for item in items)


@app.route("/orders/<int:number>")
def orders(number):
    chosen = sorted(ITEMS, key=lambda item: (item["price"] * number) % 101)[:100]
    return jsonify(total=total(chosen), digest=hashlib.sha256(json.dumps(chosen).encode()).hexdigest())
