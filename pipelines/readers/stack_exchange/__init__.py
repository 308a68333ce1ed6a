"""StackExchange dumps: rows of Posts.xml, brought together as questions with their answers."""
