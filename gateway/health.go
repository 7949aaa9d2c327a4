package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health serves /healthz and /metrics. It says nothing about a person; serve it
// on the loopback interface all the same.
func (g *Gateway) Health() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{gateway: g})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", g.healthz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// healthz answers 200 while the gateway can act: its database answers and the
// newest proven moment is fresh.
func (g *Gateway) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	s, err := g.Status(ctx)
	switch {
	case err != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	case s.Ledger.Problem != "":
		http.Error(w, s.Ledger.Problem, http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok")
	}
}

// collector reads the gateway's numbers when it is asked for them.
type collector struct{ gateway *Gateway }

var (
	chartsMetric    = prometheus.NewDesc("carekey_gateway_charts", "Charts by state.", []string{"state"}, nil)
	outboxMetric    = prometheus.NewDesc("carekey_gateway_outbox", "Items on their way to the ledger, by state.", []string{"state"}, nil)
	transfersMetric = prometheus.NewDesc("carekey_gateway_transfers_unfinished", "Uses of transfers that are not finished.", nil, nil)
	questionsMetric = prometheus.NewDesc("carekey_gateway_questions", "Questions of patients without an answer.", nil, nil)
	heightMetric    = prometheus.NewDesc("carekey_gateway_ledger_height", "Height of the newest proven header.", nil, nil)
	ageMetric       = prometheus.NewDesc("carekey_gateway_ledger_age_seconds", "Age of the newest proven header.", nil, nil)
)

// Describe is [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect is [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s, err := c.gateway.Status(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(chartsMetric, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(chartsMetric, float64(s.Charts.Open), "open")
	gauge(chartsMetric, float64(s.Charts.Pending), "pending")
	gauge(chartsMetric, float64(s.Charts.Closed), "closed")
	gauge(outboxMetric, float64(s.Outbox.Waiting), "waiting")
	gauge(outboxMetric, float64(s.Outbox.Sent), "sent")
	gauge(outboxMetric, float64(s.Outbox.Refused), "refused")
	gauge(questionsMetric, float64(len(s.Questions)))
	unfinished := 0
	for _, t := range s.Transfers {
		if !t.Done {
			unfinished++
		}
	}
	gauge(transfersMetric, float64(unfinished))
	if s.Ledger.Problem == "" {
		gauge(heightMetric, float64(s.Ledger.Height))
		gauge(ageMetric, c.gateway.config.Now().Sub(s.Ledger.Time).Seconds())
	}
}
