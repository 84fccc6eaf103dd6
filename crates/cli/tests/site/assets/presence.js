// Who looks at the same book: the subscription API, then its events.
const API = '/.well-known/mercure/subscriptions';

export async function readers(topic) {
    const response = await fetch('/.well-known/mercure/subscriptions/' + encodeURIComponent(topic));
    const collection = await response.json();
    const source = new EventSource('/.well-known/mercure?topic=/.well-known/mercure/subscriptions{/topic}{/subscriber}&lastEventID=' + collection.lastEventID);
    source.onmessage = ({ data }) => {
        const document = JSON.parse(data);
        if (document.type === 'Subscription') {
            show(document.topic, document.active);
        }
    };

    return collection.subscriptions;
}
