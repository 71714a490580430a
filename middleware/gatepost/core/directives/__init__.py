"""What a site says to crawlers: one intent, five spellings."""
