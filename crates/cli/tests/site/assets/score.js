// Works anywhere: nobody has to be told who follows the score.
new EventSource('https://hub.shop.example/.well-known/mercure?topic=https%3A%2F%2Fshop.example%2Fscore').onmessage = console.log;
new EventSource('https://hub.shop.example/.well-known/mercure?match=https%3A%2F%2Fshop.example%2Fscore').onmessage = console.log;
