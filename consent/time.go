package consent

import "time"

// Time is nanoseconds since 1970-01-01 UTC. On the ledger it is block time; no
// local clock ever permits anything (protocol §3.3).
type Time int64

// Live is nanoseconds of live time: Σ min(block interval, 2 × empty-block
// interval) since genesis. Waits and deadlines count it, so that a halted
// ledger eats nobody's time.
type Live int64

// At converts a [time.Time].
func At(t time.Time) Time { return Time(t.UnixNano()) }

// Time converts back, in UTC.
func (t Time) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// Add returns t + d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns t − u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Day is the number of days since 1970-01-01 UTC.
func (t Time) Day() int64 { return int64(t) / int64(24*time.Hour) }

// Hour is the number of hours since 1970-01-01 UTC.
func (t Time) Hour() int64 { return int64(t) / int64(time.Hour) }
