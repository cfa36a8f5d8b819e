-- Threads that compute, allocate and wait.
module Main (main) where

import Control.Concurrent
import Control.Monad
import Data.List (foldl', sortBy)
import qualified Data.Map.Strict as Map

counts :: Int -> Map.Map String Int
counts n = foldl' (\m w -> Map.insertWith (+) w 1 m) Map.empty [show (i * n `mod` 97) | i <- [1 .. 2000]]

primes :: Int -> [Int]
primes n = [p | p <- [2 .. n], all (\d -> p `mod` d /= 0) (takeWhile (\d -> d * d <= p) [2 ..])]

main :: IO ()
main = do
    box <- newEmptyMVar
    _ <- forkIO $ forM_ [1 ..] $ \n -> putMVar box $! Map.size (counts n)
    _ <- forkIO $ forever $ (length (primes 3000) `seq` threadDelay 500)
    forever $ do
        n <- takeMVar box
        length (sortBy (flip compare) (map show [1 .. n * 20])) `seq` return ()
