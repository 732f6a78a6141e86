# `make` alone lists the targets; the shell behind them is in .ci/.
.DEFAULT_GOAL := help
.PHONY: help run test test-cluster test-mysql test-notices test-writers test-closings check mutants bench bench-forecast screenshots letters lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

run: ## everything needed, demo data on the first run, and the server on 127.0.0.1:$PORT (8000)
	@.ci/serve

test: ## everything needed, then all tests: on SQLite, on a private MariaDB, in a browser, a part on MySQL
	@.ci/test all

test-cluster: ## three Galera nodes behind HAProxy, the writer killed under load, into docs/cluster-test.log
	@.ci/test cluster

test-mysql: ## the whole suite but the browser on Oracle's MySQL, into docs/mysql-test.log
	@.ci/test mysql

test-notices: ## 10,000 interleavings of processes that notice and send, and die, on SQLite
	@NOTICE_EXAMPLES=10000 .venv/bin/python -m pytest -q tests/notices/test_once.py

test-writers: ## ROUNDS (20) migrations and releases beside 20 writers, on MariaDB and MySQL, into docs/writers-test.log
	@.ci/test writers

test-closings: ## CHANGES (1000) random changes of closed months, bundles and tables on DATABASE (sqlite), into docs/closings-test.log
	@.ci/test closings

check: ## style, types, import contracts and the quick tests on SQLite
	@.ci/test quick

mutants: ## plant faults into what people read, one by one, and see whether the tests find them
	@.venv/bin/python -m tests.mutants

bench: ## measure at SIZE calls (1000000) and a tenth of it on a private MariaDB, into docs/benchmarks.md; with DATABASE=mysql beside MySQL, into docs/benchmarks-mysql.md
	@.venv/bin/python -m tests.bench

bench-forecast: ## measure forecasts and unusual days on public series, into docs/forecast.md
	@.venv/bin/python -m tests.bench.forecast

screenshots: ## pictures of all pages, on demo data of a fixed day, into docs/screenshots/
	@.venv/bin/python -m tests.browser.screenshots

letters: ## examples of letters, on demo data of a fixed day, into docs/letters/
	@.venv/bin/python -m tests.browser.letters

lock: ## write requirements.txt and requirements-dev.txt anew from pyproject.toml
	@.ci/lock
