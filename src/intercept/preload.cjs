// Leads this process's TLS connections to the hosts below to the sandbox on this machine, and
// leaves everything else as it is. Made for one run of tieback, and removed with it.
'use strict'
try {
  const hosts = new Set([/* hosts */])
  const port = 0 /* port */
  const tls = require('node:tls')
  const connect = tls.connect

  // connect(options[, done]), connect(port[, host][, options][, done]): the options come last.
  const led = (given) => {
    const named = given.find((each) => each !== null && typeof each === 'object')
    const host = named?.host ?? (typeof given[1] === 'string' ? given[1] : undefined)
    // Clients that look names up themselves have an address for a host.
    const servername = named?.servername || host
    if (!hosts.has(String(servername).toLowerCase()) || named?.socket || named?.path) return given
    const options = { ...named, servername, host: '127.0.0.1', port }
    delete options.lookup
    const done = given.find((each) => typeof each === 'function')
    return done ? [options, done] : [options]
  }
  tls.connect = function (...given) {
    let changed = given
    try {
      changed = led(given)
    } catch {}
    return connect.apply(this, changed)
  }
  require('node:module').syncBuiltinESMExports()
} catch {}
