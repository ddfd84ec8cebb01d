import requests

session = requests.Session()
print(session.prepare_request(requests.Request("GET", "http://localhost/", json={})).url)
