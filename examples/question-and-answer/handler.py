"""Answers questions: what a route with a route response returns goes back to the client."""

import json

ANSWERS = {
    "what is the answer?": "42",
    "what is the question?": "Nobody knows.",
}


def ask(event, context):
    try:
        question = json.loads(event["body"])["question"]
    except (ValueError, KeyError, TypeError):
        return {"statusCode": 400, "body": "Ask with a question."}
    answer = ANSWERS.get(question.lower(), "That is a good question.")
    return {"statusCode": 200, "body": json.dumps({"question": question, "answer": answer})}


def health(event, context):
    return {"statusCode": 200, "body": "well"}
