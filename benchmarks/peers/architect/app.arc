@app
bench

@aws
runtime python3.11

@ws
reply
