import time

kept = []
while True:
    kept.append(bytearray(100_000))
    time.sleep(0.2)
