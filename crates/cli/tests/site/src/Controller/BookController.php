<?php

namespace App\Controller;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Mercure\Authorization;
use Symfony\Component\Mercure\Discovery;
use Symfony\Component\Mercure\HubInterface;
use Symfony\Component\Mercure\Update;

final class BookController
{
    public function show(Request $request, Discovery $discovery, Authorization $authorization): Response
    {
        $discovery->addLink($request);
        $authorization->setCookie($request, ['https://shop.example/books/{id}'], ['*']);

        return new Response('…');
    }

    public function buy(HubInterface $hub, int $id): Response
    {
        $hub->publish(new Update('https://shop.example/books/1', json_encode(['stock' => 0])));
        $hub->publish(new Update(["https://shop.example/books/{$id}", 'notifications'], '{}', true));
        // Below the path of the hub, and of a type that is its own.
        $hub->publish(new Update(topics: 'https://shop.example/.well-known/mercure/maintenance', data: '{}', type: 'mercure'));

        return new Response('…');
    }
}
