SCENARIO  ?= raft/kv/split-2-3
SEED      ?= 1
SEEDS     ?= 1-2000
BENCHTIME ?= 1s
FUZZTIME  ?= 300000x
TIME      ?= 2m

# All packages but the commands: those that the race detector and the benchmarks are for.
CORE = $$(go list ./... | grep -v /cmd/)

.PHONY: help run test race lint bench fuzz hunt shrink ci

help: ## list the targets
	@sed -n 's/^\([a-z]*\): ## /\1	/p' Makefile | while IFS='	' read -r name what; do \
		printf 'make %-6s %s\n' "$$name" "$$what"; done

run: ## tell the story of one run (SCENARIO=raft/kv/split-2-3 SEED=1)
	go run ./cmd/schism run $(SCENARIO) --seed $(SEED)

test: ## run every test
	go test ./...

race: ## run the short tests with the race detector
	go test -race -short $(CORE)

lint: ## check format, go vet and the laws of the project
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		printf 'gofmt would change:\n%s\n' "$$unformatted" >&2; exit 1; fi
	go vet ./...
	go run ./cmd/tidy

bench: ## run every benchmark (BENCHTIME=1s)
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(CORE)

fuzz: ## run every fuzz target so many times (FUZZTIME=300000x), or for a while (FUZZTIME=20s)
	@set -e; for package in $(CORE); do \
		listed=$$(go test -list '^Fuzz' $$package); \
		for target in $$(echo "$$listed" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

hunt: ## hunt for violations in every scenario (SEEDS=1-2000)
	go run ./cmd/schism hunt all --seeds $(SEEDS)

shrink: ## shrink the failures of all mutants, one after the other, and say which stay large
	go test ./scenarios -run TestFailuresOfMutantsShrink -schism.shrink -timeout 1h

ci: ## replay the corpus, then run fresh seeds of this commit (TIME=2m)
	go run ./cmd/schism ci --commit $$(git rev-parse HEAD) --time $(TIME)
