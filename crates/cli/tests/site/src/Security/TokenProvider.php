<?php

namespace App\Security;

use Lcobucci\JWT\Configuration;
use Symfony\Component\HttpFoundation\Cookie;

final class TokenProvider
{
    public function cookie(Configuration $configuration, string $user): Cookie
    {
        $token = $configuration->builder()
            ->withClaim('mercure', ['subscribe' => ['https://shop.example/orders/7'], 'payload' => ['user' => $user]])
            ->getToken($configuration->signer(), $configuration->signingKey());

        return new Cookie('mercureAuthorization', $token->toString(), 0, '/.well-known/mercure', null, false, true, false, 'strict');
    }
}
