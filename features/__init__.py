"""What was known about a customer on a date: tables in, checked at the door, features out."""
