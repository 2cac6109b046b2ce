/* Who may ask by HTTP what is counted; an option, --web-metrics. */
#ifndef PROTO_WEB_COUNTS_H
#define PROTO_WEB_COUNTS_H

enum web_counts {
	WEB_COUNTS_OFF,
	WEB_COUNTS_LOCAL, /* clients of this machine */
	WEB_COUNTS_ON,
};

#endif
