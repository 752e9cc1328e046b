# `make run` and `make test` are all that is needed; they need Rust, and nothing else.
# `make help` lists the rest.

RELEASE ?=
PROFILE := $(if $(RELEASE),--release,)
ARGS    ?= serve

WEB_SOURCES := $(wildcard web/src/* web/*.html web/*.js web/package.json web/.npmrc)

.DEFAULT_GOAL := help
.PHONY: help run test check fmt schema web ci docker clean-web

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## Build and start the server, on files only (RELEASE=1: optimised; ARGS="serve --help": its settings)
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory web || echo "GraphiQL was not built, so its page will load it from a CDN."; \
	else \
		echo "There is no npm here, so the GraphiQL page will load it from a CDN."; \
	fi
	cargo run $(PROFILE) -- $(ARGS)

test: ## All tests, on SQLite; also on PostgreSQL and Redis where TEST_DATABASE_URL and TEST_REDIS_URL say where
	cargo test --workspace --no-fail-fast

check: ## Format, lints, docs, and whether schema.graphql is what the code says
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	cargo run --quiet -- schema | diff -u schema.graphql - && echo "schema.graphql is right"

fmt: ## Format the code
	cargo fmt --all

schema: ## Write schema.graphql anew
	cargo run --quiet -- schema > schema.graphql.new && mv schema.graphql.new schema.graphql

web: web/dist/index.html ## Build the GraphiQL page, if it is older than its sources

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --fetch-retries=1
	@touch $@

# cargo notices when an embedded file changes, but not when there is a new one: hence the touch.
web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build
	@touch $@ src/server/graphiql.rs

clean-web: ## Forget the built GraphiQL page and its packages
	rm -rf web/dist web/node_modules

ci: ## All that CI runs, in its order
	.ci/run

docker: ## Build the image `sojourn`
	docker build --tag sojourn .
