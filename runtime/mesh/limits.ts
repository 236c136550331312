/** Every bound and every wait of the mesh, each with its reason. Sizes are bytes, times are milliseconds. */

/** The version of everything said after the streams are open. Two devices talk only if they say the same number. */
export const PROTOCOL_VERSION = 3;

/** Control messages are small; a larger one would delay the heartbeats behind it. */
export const MAX_CONTROL_FRAME = 1024 * 1024;
/** Hidden states of 2,048 rows by 4,096 floats, or one chunk of a block's weights. */
export const MAX_TENSORS_FRAME = 32 * 1024 * 1024;
/** Before the hello nothing is known of the other side, so it is believed little. */
export const MAX_HELLO_FRAME = 16 * 1024;

/** What may wait for a slow peer. More means that it does not keep up, and the sender has to know. */
export const MAX_CONTROL_QUEUE = 4 * 1024 * 1024;
/** Two of the largest frames: one on its way, one behind it. */
export const MAX_TENSORS_QUEUE = 2 * MAX_TENSORS_FRAME;
/**
 * Bytes of a large frame handed over at a time. What is handed over can no longer be overtaken by a heartbeat, so a piece
 * is short even on a slow link; and it is far below the 4 MiB at which libp2p resets a stream.
 */
export const PIECE = 64 * 1024;
/**
 * Yamux's window: what may be in flight on a stream. It bounds how long a heartbeat waits behind tensors on a slow link,
 * and is well below libp2p's read limit of 4 MiB; at a round trip of 5 ms it still allows 200 MB/s.
 */
export const MAX_STREAM_WINDOW = 1024 * 1024;

/** Sessions at once. Everyone talks to everyone, so the cost grows with the square. */
export const MAX_PEERS = 64;
/** Devices remembered, with or without a session: strangers found by mDNS must not fill the memory. */
export const MAX_KNOWN_DEVICES = 256;
/** A laptop has two networks, two address families and a few bridges. */
export const MAX_ADDRESSES = 12;
export const MAX_ADDRESS_LENGTH = 256;
/** Characters of a device's name. */
export const MAX_NAME_LENGTH = 64;

/** A full list of members with all their addresses. */
export const MAX_MEMBERS_FRAME = 2 * MAX_PEERS * MAX_ADDRESSES * MAX_ADDRESS_LENGTH;

/** A change of the key, with all the devices that are out. */
export const MAX_CHANGE_FRAME = 64 * 1024;

/** A connection to each peer, and as many again for moments when both sides dial. */
export const MAX_CONNECTIONS = 2 * MAX_PEERS;
/** New connections a second from one address. */
export const MAX_INBOUND_RATE = 8;
/** A stranger has this long to prove the key: several round trips of a bad wireless network. */
export const HANDSHAKE_TIMEOUT = 4_000;
/** Unproven connections at once. Twice what one address can hold (rate by timeout), so that one cannot lock out others. */
export const MAX_PENDING_HANDSHAKES = 2 * MAX_INBOUND_RATE * HANDSHAKE_TIMEOUT / 1_000;
/** A proven connection has this long to carry a session. */
export const SESSION_TIMEOUT = 5_000;
/** One address is given up after this long, so that a dead one does not use up the time of the good ones. */
export const ADDRESS_DIAL_TIMEOUT = 3_000;
/** All addresses of a device together. */
export const DIAL_TIMEOUT = 10_000;
/** Dials at once: enough to meet a whole mesh quickly, few enough not to look like a scan. */
export const MAX_DIALS = 8;
/** How long a goodbye may take to be delivered. */
export const CLOSE_TIMEOUT = 500;
/** How long each part of the mesh may take to stop. */
export const STOP_TIMEOUT = 2_000;

export const HEARTBEAT_INTERVAL = 500;
/** A peer heard this lately needs no heartbeat: of two that are idle one asks and the other answers, half the messages. */
export const HEARD_LATELY = 400;
/** The round trip is measured at least this often, whoever asks. */
export const ROUND_TRIP_INTERVAL = 2_000;
/** A peer silent for this long is down: two heartbeats and their answers, and more than one may be late. */
export const SILENCE_LIMIT = 1_750;
/** How often silence is looked at: a dead peer is known dead after the limit and one such interval, two seconds in all. */
export const SILENCE_CHECK_INTERVAL = 250;
/** A device that did not run for so long is taken to have slept: its peers have given it up meanwhile. */
export const SLEPT = SILENCE_LIMIT;
/** After a sleep a connection that is still good shows it within this time. */
export const WAKING = 1_000;
/** Heartbeats that the median of the round trip is taken of. */
export const ROUND_TRIP_WINDOW = 15;

/** Waits between dials of a device that does not answer: from, to. */
export const RETRY_FROM = 250;
export const RETRY_TO = 15_000;
/** Wait before talking again to a device that refused us, that we refused, or that sent garbage. */
export const REFUSED_RETRY = 30_000;
/** A device that said goodbye is asked again this late: it will call when it is back. */
export const GOODBYE_RETRY = 5_000;
/** A session that held this long shows that the trouble is over, so that the waits start from the shortest again. */
export const SETTLED_AFTER = 10_000;
/** Between questions to the local network: soon enough for a person who waits, rare enough for a wireless network. */
export const MDNS_INTERVAL = 5_000;
