from django.db import models


class Book(models.Model):
    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=80)
