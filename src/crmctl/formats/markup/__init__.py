"""Tables in web pages and XML, as many back-ends send them."""
