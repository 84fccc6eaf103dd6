// A page of a shop follows the book that it shows, and its author.
export function follow(hubUrl: string, book: Book, onUpdate: (book: Book) => void): EventSource {
    const url = new URL(hubUrl);
    url.searchParams.append('topic', 'https://shop.example/books/{id}');
    url.searchParams.append('topic', `https://shop.example/authors/${book.author}`);
    url.searchParams.append('lastEventID', book.lastEventId);

    const source = new EventSource(url, { withCredentials: true });
    source.onmessage = ({ data }) => onUpdate(JSON.parse(data));

    return source;
}

export async function resume(hubUrl: string, topic: string): Promise<string | null> {
    const response = await fetch(`${hubUrl}?topic=${encodeURIComponent(topic)}`);

    return response.headers.get('Last-Event-ID');
}
