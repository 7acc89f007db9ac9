// Loaded before the tool: connections to anywhere but this machine are refused and written down.
const { appendFileSync } = require('node:fs');
const net = require('node:net');

const here = (host) => !host || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0];
  const host = typeof first === 'object' ? first.host : given[1];
  if (typeof host === 'string' && !here(host)) {
    appendFileSync(process.env.LOOPBACK_LOG, `${host}\n`);
    process.nextTick(() => this.destroy(new Error(`not on this machine: ${host}`)));
    return this;
  }
  return connect.apply(this, given);
};
