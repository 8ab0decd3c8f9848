package main

import (
	"github.com/coredns/coredns/coremain"

	// The plugins that a Corefile of the sandbox can use: cluster DNS and its probes. The forward plugin is left out on
	// purpose, so that no query for a name outside the cluster leaves the machine.
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
)

func runCoreDNS() int {
	coremain.Run()
	return 0
}
