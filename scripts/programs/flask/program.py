from application import create

print(create().test_client().get("/hello/you").text)
