# The commands of the project. `make check` is the one that must pass.

# Packages to look at: make lint test P=./wallet/...
P ?= ./...

GOLANGCI := tools/bin/golangci-lint

.PHONY: check build test fuzz bench soak fmt \
	needs fmt-check vet lint layers test-all oracle clean
.NOTPARALLEL:

# From the cheap to the dear.
check: needs fmt-check layers vet lint test-all oracle fuzz
	@echo "check: all is well"

build:
	CGO_ENABLED=0 go build -trimpath -o bin/carekey .

# What runs with Go alone; the rest is skipped.
test:
	go test $(P)

fuzz:
	go run ./internal/check fuzz $(P)

bench:
	go run ./internal/bench

# The tests again and again, in changing order, until one fails or SOAK ends.
SOAK ?= 1h
soak: needs
	scripts/with-services.sh scripts/soak.sh $(SOAK) $(P)

fmt:
	gofmt -w .

# Parts of check.

needs:
	@scripts/needs.sh

fmt-check:
	@wrong=$$(gofmt -l .); [ -z "$$wrong" ] || { echo "make fmt would change:"; echo "$$wrong"; exit 1; }

# Layers, forbidden imports, licences, words: also part of test, but worth
# knowing first.
layers:
	go run ./internal/check test ./internal/layers

vet:
	go vet $(P)

lint: $(GOLANGCI)
	$(GOLANGCI) run $(P)

$(GOLANGCI): tools/go.mod tools/go.sum
	go build -C tools -o bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# A program under the race detector sleeps a second at its end, and the tests
# start many.
test-all:
	GORACE=atexit_sleep_ms=50 scripts/with-services.sh go run ./internal/check test -race -shuffle=on -count=1 -timeout=15m $(P)

# Another implementation of SLIP-0039, in a module of its own.
oracle:
	cd recovery/slip39/oracle && go vet ./... && go test -count=1 ./...

clean:
	rm -rf bin tools/bin internal/fhirserver/node_modules recovery/slip39/peer/node_modules
