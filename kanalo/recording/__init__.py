"""Record the public streams of liquidations, which no archive has, with what was listened to."""
