"""Scrapy, from some pages over every link; one line of JSON for each response on standard output.

The first argument is its settings in JSON, the others are the pages.
"""

import json
import sys

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor


class Visitor(scrapy.Spider):
    name = "visitor"
    links = LinkExtractor(tags=("a", "img"), attrs=("href", "src"), deny_extensions=())

    def parse(self, response):
        sys.stdout.write(json.dumps({"url": response.url, "status": response.status}) + "\n")
        if isinstance(response, scrapy.http.HtmlResponse) and response.status == 200:
            yield from response.follow_all(self.links.extract_links(response), self.parse)


QUIET = {
    "LOG_LEVEL": "ERROR",
    "HTTPERROR_ALLOW_ALL": True,
    "TELNETCONSOLE_ENABLED": False,
    "RETRY_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    # One at a time: of several requests that wait for one robots.txt, Scrapy 2.19 gives it to the first and lets the
    # others through unasked.
    "CONCURRENT_REQUESTS": 1,
    "CLOSESPIDER_TIMEOUT": 20,
    "DOWNLOAD_TIMEOUT": 10,
}

if __name__ == "__main__":
    settings, *start_urls = sys.argv[1:]
    process = CrawlerProcess(QUIET | json.loads(settings))
    process.crawl(Visitor, start_urls=start_urls)
    process.start()
