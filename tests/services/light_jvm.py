"""A JVM for jobs that are too short for anything to be worth compiling well: it starts in half the time."""

LIGHT_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
