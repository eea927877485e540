# Variables: BENCH=folder of a bench, SITE=name, DB_ROOT_USERNAME=… DB_ROOT_PASSWORD=…, ADMIN_PASSWORD=…, PORT=number (serve),
# SITE_TESTS=required (no bench is then a failure), KEEP_SITE=1 (do not reset the test site),
# ARGS='…' (for pytest, with test-engine, test-site and test-browser; for perf-flow demo, with demo: ARGS='--lang zh').

PYTHON ?= python3
RUN = $(PYTHON) -m scripts.bench

export BENCH SITE DB_ROOT_USERNAME DB_ROOT_PASSWORD ADMIN_PASSWORD SITE_TESTS KEEP_SITE ARGS

.PHONY: test test-engine test-site test-browser demo site demo-site serve screenshots brief-pictures clean

test: ## everything that can run here
	@$(RUN) test

test-engine: ## lint, types and the engine's tests; needs no bench
	@$(RUN) test engine

test-site: ## tests on a real site
	@$(RUN) test site

test-browser: ## tests in a real browser
	@$(RUN) test browser

demo: ## replay a made-up quarter and write its brief into demo/; needs no bench
	@$(RUN) demo

site: ## make SITE on the bench, with the demo company and its month of life
	@$(RUN) site

demo-site: ## a demo site, with its address and logins
	@$(RUN) demo-site

serve: ## serve SITE with live updates and background jobs until interrupted
	@$(RUN) serve

screenshots: ## take the pictures in docs/images from SITE, a demo site
	@$(PYTHON) -m scripts.screenshots

brief-pictures: ## take the pictures of the brief in docs/images; needs no bench
	@$(PYTHON) -m scripts.brief_pictures

clean: ## remove what these commands made in the repository
	rm -rf .venv .venv-demo demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
